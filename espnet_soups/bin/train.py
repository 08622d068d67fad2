"""Train, or collect statistics: ``python -m espnet_soups.bin.train --config conf.yaml --soup_config soup.yaml``."""

import sys

from espnet_soups.errors import cli_main


@cli_main
def main(arguments: list[str] | None = None) -> None:
    """Run ESPnet's training command with this project's task."""
    from espnet_soups.training.soup_file import expand_soup_config
    from espnet_soups.training.task import SoupsTask

    SoupsTask.main(cmd=expand_soup_config(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    main()
