"""Plan, begin and end a recipe's stages.

``begin`` exits with status 0 and prints why when the stage must run, and with status 3 when it is up to date.
``plan`` does the same, but writes nothing.
"""

import argparse
import sys
from pathlib import Path

from espnet_soups.errors import UserError, cli_main
from espnet_soups.stages.parameters import argument_parameters, initial_models, yaml_parameters
from espnet_soups.stages.stage import Request, begin, end, plan

UP_TO_DATE = 3


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("begin", help="check whether the stage must run, and note that it runs")
    _add_request(first)
    look = commands.add_parser("plan", help="check whether the stage would run")
    _add_request(look)
    look.add_argument("--pending", nargs="*", type=int, default=[], help="stages that would run before")
    last = commands.add_parser("end", help="note that the stage has ended well")
    last.add_argument("record", type=Path)
    return parser


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", type=Path, help="file that remembers the stage")
    parser.add_argument("--needs", nargs="+", action="append", default=[], metavar=("STAGE", "PATH"))
    parser.add_argument("--makes", nargs="+", type=Path, action="extend", default=[], metavar="PATH")
    parser.add_argument("--param", nargs="+", action="extend", default=[], metavar="NAME=VALUE")
    parser.add_argument("--yaml", action="append", default=[], metavar="NAME=FILE[:KEY,KEY]")
    parser.add_argument("--arguments", action="append", default=[], metavar="NAME=--OPTION VALUE ...")
    parser.add_argument("--force", action="store_true", help="run although it is up to date")
    parser.add_argument("--checkpoint", type=Path, help="refuse to go on from this file with other settings")
    parser.add_argument("--free", nargs="+", default=[], metavar="KEY", help="settings that may differ even so")


def build_request(args: argparse.Namespace) -> Request:
    """Turn the command line into a request."""
    parameters = dict(_pair(item) for item in args.param)
    for name, value in map(_pair, args.yaml):
        file, _, keys = value.partition(":")
        parameters |= yaml_parameters(name, Path(file), keys.split(",") if keys else None)
    for name, value in map(_pair, args.arguments):
        parameters |= argument_parameters(name, value)
    inputs = [(int(stage), Path(path)) for stage, *paths in args.needs for path in paths]
    inputs += [(0, path) for path in initial_models(parameters)]
    free = frozenset(args.free)
    return Request(args.record, parameters, inputs, args.makes, args.force, args.checkpoint, free)


def _pair(item: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals:
        raise UserError(f"'{item}' is not NAME=VALUE.")
    return name, value


@cli_main
def main() -> None:
    """Run the command."""
    args = build_parser().parse_args()
    if args.command == "end":
        end(args.record)
        return
    request = build_request(args)
    reason = begin(request) if args.command == "begin" else plan(request, args.pending)
    if reason is None:
        sys.exit(UP_TO_DATE)
    print(reason)


if __name__ == "__main__":
    main()
