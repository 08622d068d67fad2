"""ESPnet's task for objective soups: options, data, model and optimiser."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import torch
from espnet2.asr.decoder.abs_decoder import AbsDecoder
from espnet2.asr.encoder.abs_encoder import AbsEncoder
from espnet2.asr.frontend.abs_frontend import AbsFrontend
from espnet2.iterators.abs_iter_factory import AbsIterFactory
from espnet2.iterators.sequence_iter_factory import SequenceIterFactory
from espnet2.tasks.abs_task import AbsTask, optim_classes
from espnet2.tasks.asr import decoder_choices as espnet_decoder_choices
from espnet2.tasks.asr import encoder_choices as espnet_encoder_choices
from espnet2.tasks.asr import frontend_choices as espnet_frontend_choices
from espnet2.tasks.asr import normalize_choices, postencoder_choices, preencoder_choices, specaug_choices
from espnet2.torch_utils.initialize import initialize
from espnet2.train.class_choices import ClassChoices
from espnet2.train.collate_fn import CommonCollateFn
from espnet2.train.distributed_utils import DistributedOption

from espnet_soups.corpora.data_dir import UNDETERMINED
from espnet_soups.errors import UserError
from espnet_soups.gradients.distributed import world_size
from espnet_soups.inference.cached_decoder import CachedDecoder, require_decodable
from espnet_soups.model.abs_ssl import AbsSSL
from espnet_soups.model.best_rq import BestRQ
from espnet_soups.model.cpc import CPC
from espnet_soups.model.ctc_heads import CTCHeads
from espnet_soups.model.hugging_face.checkpoint import remembered
from espnet_soups.model.hugging_face.wav2vec2 import Wav2Vec2Encoder, Wav2Vec2Frontend
from espnet_soups.model.hugging_face.whisper import WhisperEncoder, WhisperFrontend
from espnet_soups.model.positional_decoder import PositionalTransformerDecoder
from espnet_soups.model.soups_model import ObjectiveSoupsModel, spoken_languages
from espnet_soups.model.translation_heads import SHARED, TranslationHeads
from espnet_soups.soup.config import build_soup_config
from espnet_soups.training.optimizer import with_soup_state
from espnet_soups.training.options import add_soup_options
from espnet_soups.training.preprocessor import SoupsPreprocessor
from espnet_soups.training.sampler import BalancedBatchSampler
from espnet_soups.training.soup_step import SoupStep
from espnet_soups.training.trainer import SoupsTrainer

frontend_choices = ClassChoices(
    name="frontend",
    classes={
        **espnet_frontend_choices.classes,
        "hugging_face_wav2vec2": Wav2Vec2Frontend,
        "hugging_face_whisper": WhisperFrontend,
    },
    type_check=AbsFrontend,
    default="default",
)
encoder_choices = ClassChoices(
    name="encoder",
    classes={
        **espnet_encoder_choices.classes,
        "hugging_face_wav2vec2": Wav2Vec2Encoder,
        "hugging_face_whisper": WhisperEncoder,
    },
    type_check=AbsEncoder,
    default="conformer",
)
decoder_choices = ClassChoices(
    name="decoder",
    classes={**espnet_decoder_choices.classes, "positional_transformer": PositionalTransformerDecoder},
    type_check=AbsDecoder,
    default=None,
    optional=True,
)
ssl_choices = ClassChoices(
    name="ssl", classes={"cpc": CPC, "best_rq": BestRQ}, type_check=AbsSSL, default="cpc", optional=True
)


class SoupsTask(AbsTask):
    """Multilingual recognition and translation with an objective soup."""

    num_optimizers = 1
    trainer = SoupsTrainer
    class_choices_list: ClassVar[list[ClassChoices]] = [
        frontend_choices,
        specaug_choices,
        normalize_choices,
        preencoder_choices,
        encoder_choices,
        postencoder_choices,
        decoder_choices,
        ssl_choices,
    ]

    @classmethod
    def add_task_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options of this task to ESPnet's."""
        add_soup_options(parser)
        group = parser.add_argument_group("Task related")
        for choices in cls.class_choices_list:
            choices.add_arguments(group)
        parser.set_defaults(encoder="conformer", decoder="transformer")

    @classmethod
    def build_collate_fn(cls, args: argparse.Namespace, train: bool) -> Callable[..., Any]:
        """Pad speech with 0 and texts with -1."""
        return CommonCollateFn(float_pad_value=0.0, int_pad_value=-1)

    @classmethod
    def build_preprocess_fn(cls, args: argparse.Namespace, train: bool) -> Callable[..., Any] | None:
        """Tokenise both texts, index the language, augment the speech as configured."""
        if not args.use_preprocessor:
            return None
        return SoupsPreprocessor(
            languages=spoken_languages(args.asr_langs, args.st_pairs),
            train=train,
            token_type=[args.token_type, args.src_token_type],
            token_list=[args.token_list, args.src_token_list],
            bpemodel=[args.bpemodel, args.src_bpemodel],
            non_linguistic_symbols=args.non_linguistic_symbols,
            text_cleaner=args.cleaner,
            g2p_type=None,
            text_name=["text", "src_text"],
            rir_scp=args.rir_scp,
            rir_apply_prob=args.rir_apply_prob,
            noise_scp=args.noise_scp,
            noise_apply_prob=args.noise_apply_prob,
            noise_db_range=args.noise_db_range,
            speech_volume_normalize=args.speech_volume_normalize,
        )

    @classmethod
    def required_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        """Names of the data streams: ``text`` is the translation, ``src_text`` the transcript, as in ESPnet's ST."""
        return ("speech",) if inference else ("speech", "text", "src_text", "lang")

    @classmethod
    def optional_data_names(cls, train: bool = True, inference: bool = False) -> tuple[str, ...]:
        """No stream is optional: utterances without a text have ``<na>``."""
        return ()

    @classmethod
    def build_model(cls, args: argparse.Namespace) -> ObjectiveSoupsModel:
        """Build the model and store in ``args`` what else it is made of, so that config.yaml is all inference needs."""
        args.token_list = read_tokens(args.token_list)
        args.src_token_list = read_tokens(args.src_token_list)
        frontend, input_size = None, args.input_size
        if input_size is None:
            frontend = frontend_choices.get_class(args.frontend)(**args.frontend_conf)
            args.frontend_conf = remembered(frontend, args.frontend_conf)
            input_size = frontend.output_size()
        feature_size = input_size
        specaug = _optional(specaug_choices, args.specaug, args.specaug_conf)
        normalize = _optional(normalize_choices, args.normalize, args.normalize_conf)
        preencoder = _optional(preencoder_choices, args.preencoder, args.preencoder_conf)
        if preencoder is not None:
            input_size = preencoder.output_size()
        encoder = encoder_choices.get_class(args.encoder)(input_size=input_size, **args.encoder_conf)
        args.encoder_conf = remembered(encoder, args.encoder_conf)
        size = encoder.output_size()
        postencoder = _optional(postencoder_choices, args.postencoder, args.postencoder_conf, input_size=size)
        if postencoder is not None:
            size = postencoder.output_size()
        model_conf = dict(args.model_conf)
        langs, pairs = _supervised(args)
        model = ObjectiveSoupsModel(
            asr_langs=langs,
            st_pairs=pairs,
            src_token_list=args.src_token_list,
            token_list=args.token_list,
            frontend=frontend,
            specaug=specaug,
            normalize=normalize,
            preencoder=preencoder,
            encoder=encoder,
            postencoder=postencoder,
            ctc=_recognition(args, langs, size),
            translation=_translation(args, pairs, size, model_conf),
            ssl=_optional(ssl_choices, args.ssl, args.ssl_conf, feature_size=feature_size, encoder_size=size),
            **model_conf,
        )
        if args.init is not None:
            if args.encoder.startswith("hugging_face"):
                raise UserError("--init would overwrite the pretrained encoder: leave it out.")
            initialize(model, args.init)
        return model

    @classmethod
    def build_optimizers(cls, args: argparse.Namespace, model: ObjectiveSoupsModel) -> list[torch.optim.Optimizer]:
        """One optimiser with the shared parameters and the heads in groups of their own, and the soup's state."""
        if args.sharded_ddp:
            raise UserError("--sharded_ddp is not supported with objective soups: use plain DDP.")
        if args.exclude_weight_decay:
            raise UserError("--exclude_weight_decay is not supported: set weight_decay in optim_conf.")
        shared = {id(parameter) for parameter in model.shared_parameters()}
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        lr = args.optim_conf.get("lr")
        groups: list[dict[str, Any]] = [{"params": [p for p in trained if id(p) in shared]}]
        if args.shared_lr is not None:
            groups[0]["lr"] = args.shared_lr
        heads = [p for p in trained if id(p) not in shared]
        groups.append({"params": heads} if lr is None else {"params": heads, "lr": lr})
        groups = [group for group in groups if group["params"]]
        config = build_soup_config(args.soup, args.soup_conf, model.objectives)
        encoder = torch.nn.ModuleList(m for m in (model.encoder, model.postencoder) if m is not None)
        soup = SoupStep(config, encoder, model.weights, args.seed)
        model.attach_soup(soup)
        optimizer = with_soup_state(optim_classes[args.optim])(groups, **args.optim_conf)
        optimizer.soup_state = soup.state  # type: ignore[attr-defined]
        return [optimizer]

    @classmethod
    def build_iter_factory(
        cls,
        args: argparse.Namespace,
        distributed_option: DistributedOption,
        mode: str,
        kwargs: dict[str, Any] | None = None,
    ) -> AbsIterFactory:
        """Language-balanced batches for training; ESPnet's iterators for the rest."""
        if mode == "train":
            _refuse_useless_speech(args)
        if mode != "train" or not args.balanced_batches:
            return super().build_iter_factory(args, distributed_option, mode, kwargs)
        options = cls.build_iter_options(args, distributed_option, mode)
        for key, value in (kwargs or {}).items():
            setattr(options, key, value)
        by_bins = options.batch_type in ("numel", "length")
        lengths = _read_lengths(options.shape_files[0])
        sampler = BalancedBatchSampler(
            lengths,
            _read_scp(_stream(options.data_path_and_name_and_type, "lang")),
            batch_size=None if by_bins else options.batch_size,
            batch_bins=options.batch_bins if by_bins else None,
            world_size=world_size() if options.distributed else 1,
            rank=distributed_option.dist_rank or 0 if options.distributed else 0,
        )
        logging.info(f"[train] {len(sampler)} balanced batches of {len(lengths)} utterances")
        return SequenceIterFactory(
            dataset=cls.build_dataset(args, options),
            batches=sampler,
            seed=args.seed,
            num_iters_per_epoch=options.num_iters_per_epoch,
            shuffle=False,
            num_workers=args.num_workers,
            collate_fn=options.collate_fn,
            pin_memory=args.ngpu > 0,
        )


def read_tokens(tokens: str | list[str]) -> list[str]:
    """Token list from a file, one token a line, or as it is.

    Raises:
        UserError: If the file is missing.
    """
    if not isinstance(tokens, str):
        return list(tokens)
    path = Path(tokens)
    if not path.exists():
        raise UserError(f"The token list {path} does not exist: run stage 5 first.")
    return [line.rstrip("\n") for line in path.open(encoding="utf-8")]


def _optional(choices: ClassChoices, name: str | None, conf: dict[str, Any], **kwargs: Any) -> Any:
    if name is None:
        return None
    return choices.get_class(name)(**kwargs, **conf)


def _supervised(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Languages and pairs that get heads."""
    # The config.yaml of a model that is older than the option does not have it.
    if not getattr(args, "ssl_only", False):
        return args.asr_langs, args.st_pairs
    if args.ssl is None:
        raise UserError("--ssl_only true needs a self-supervised objective: set --ssl to cpc or best_rq.")
    return [], []


def _recognition(args: argparse.Namespace, langs: list[str], size: int) -> CTCHeads | None:
    if not langs:
        return None
    return CTCHeads(langs, size, len(args.src_token_list), **args.ctc_conf)


def _translation(
    args: argparse.Namespace, pairs: list[str], size: int, model_conf: dict[str, Any]
) -> TranslationHeads | None:
    sharing = model_conf.pop("st_decoders", SHARED)
    smoothing = model_conf.pop("label_smoothing", 0.1)
    if not pairs:
        return None
    if sharing not in (SHARED, "per_pair"):
        raise UserError(f"model_conf.st_decoders is '{sharing}': use '{SHARED}' or 'per_pair'.")
    targets = {pair.partition("-")[2] for pair in pairs}
    if sharing == SHARED and len(targets) > 1:
        raise UserError(
            f"A shared decoder has one target language, but --st_pairs has {', '.join(sorted(targets))}: "
            "set model_conf.st_decoders to 'per_pair'."
        )
    names = [SHARED] if sharing == SHARED else pairs
    build = decoder_choices.get_class(args.decoder)
    require_decodable(build)
    vocabulary = len(args.token_list)
    decoders = {name: build(vocab_size=vocabulary, encoder_output_size=size, **args.decoder_conf) for name in names}
    for decoder in decoders.values():
        CachedDecoder(decoder)  # says at start-up what decoding could not do with it
    return TranslationHeads(decoders, pairs, eos=vocabulary - 1, label_smoothing=smoothing)


def _refuse_useless_speech(args: argparse.Namespace) -> None:
    languages = _read_scp(_stream(args.train_data_path_and_name_and_type, "lang")).values()
    if args.ssl is None and UNDETERMINED in languages:
        raise UserError(
            "The training data have speech without text and language, but the model has no self-supervised objective "
            "that could learn from it: set ssl to cpc or best_rq, or leave --unlabeled_set out."
        )


def _stream(streams: Any, name: str) -> Path:
    for path, stream, _ in streams:
        if stream == name:
            return Path(path)
    raise UserError(f"The training data has no stream '{name}': add a --train_data_path_and_name_and_type for it.")


def _read_scp(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as stream:
        return dict(line.rstrip("\n").split(maxsplit=1) for line in stream)


def _read_lengths(shape_file: str) -> dict[str, int]:
    return {key: int(shape.split(",")[0]) for key, shape in _read_scp(Path(shape_file)).items()}
