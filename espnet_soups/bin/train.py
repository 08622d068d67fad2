"""Train, or collect statistics: ``python -m espnet_soups.bin.train --config conf.yaml --soup_config soup.yaml``."""

import argparse
import sys

from espnet_soups.errors import cli_main

OPTIONS = {
    "Model and soup": {
        "--config FILE": "YAML of model and training; every option may stand there, without --",
        "--soup_config FILE": "YAML of the soup, such as conf/soups/vm_usa.yaml",
        "--asr_langs [LANG ...]": "languages to recognise, such as: en fr",
        "--st_pairs [PAIR ...]": "pairs to translate, such as: fr-en de-en",
        "--output_dir DIR": "gets config.yaml, weights, checkpoint.pth, train.log and tensorboard/",
    },
    "Texts (src: transcripts; without: translations)": {
        "--token_list FILE": "tokens of translations, one a line (stage 5 makes them)",
        "--src_token_list FILE": "tokens of transcripts",
        "--token_type {bpe,char,word}": "units of translations",
        "--src_token_type {bpe,char,word}": "units of transcripts",
        "--bpemodel FILE": "sentencepiece model of translations, if bpe",
        "--src_bpemodel FILE": "sentencepiece model of transcripts, if bpe",
    },
    "Data (train and valid alike)": {
        "--train_data_path_and_name_and_type STREAM": "FILE,speech,sound; FILE,text,text (translations); "
        "FILE,src_text,text (transcripts); FILE,lang,text; the option is given once for each",
        "--train_shape_file FILE": "length of every utterance (stage 10 makes it)",
        "--valid_data_path_and_name_and_type STREAM": "as for training",
        "--valid_shape_file FILE": "as for training",
        "--balanced_batches BOOL": "draw training batches from all languages evenly (default: true)",
        "--batch_type {unsorted,numel,...}": "how batches are measured; with --batch_size or --batch_bins",
    },
    "Course": {
        "--ngpu N": "GPUs; 0 trains on the CPU; above 1 with --multiprocessing_distributed true",
        "--max_epoch N": "epochs",
        "--num_iters_per_epoch N": "steps of an epoch",
        "--accum_grad N": "batches of a step",
        "--use_amp BOOL": "automatic mixed precision",
        "--optim NAME": "optimiser, with --optim_conf; --shared_lr for the encoder's own learning rate",
        "--keep_nbest_models N": "epochs that are kept and averaged",
        "--resume BOOL": "go on from checkpoint.pth in --output_dir",
        "--seed N": "of everything that is random",
        "--collect_stats BOOL": "only collect lengths and statistics (stage 10)",
    },
}


def get_parser() -> argparse.ArgumentParser:
    """A parser for the help page only: to make ESPnet's own takes the import of all that it knows."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s --config FILE --soup_config FILE --output_dir DIR [options]",
        description="Train a model, or collect statistics for it. The recipes' run.sh gives all of these options.",
        epilog="These are the most used options; --help_all lists all that ESPnet has.",
        add_help=False,
    )
    for title, options in OPTIONS.items():
        group = parser.add_argument_group(title)
        for option, text in options.items():
            name, _, value = option.partition(" ")
            group.add_argument(name, metavar=value, help=text)
    return parser


@cli_main
def main(arguments: list[str] | None = None) -> None:
    """Run ESPnet's training command with this project's task."""
    given = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(given):
        get_parser().print_help()
        return
    given = ["--help" if argument == "--help_all" else argument for argument in given]
    from espnet_soups.training.soup_file import expand_soup_config
    from espnet_soups.training.task import SoupsTask

    SoupsTask.main(cmd=expand_soup_config(given))


if __name__ == "__main__":
    main()
