"""Draw a run's scores and what its soup did."""

import argparse
from pathlib import Path

from espnet_soups.errors import cli_main


@cli_main
def main() -> None:
    """Parse the arguments and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exp_dir", type=Path, required=True, help="has RESULTS.json and soup.jsonl")
    parser.add_argument("--out", type=Path, help="picture; EXP_DIR/soup.png if not given")
    args = parser.parse_args()
    from espnet_soups.report.figure import draw_run

    out = args.out or args.exp_dir / "soup.png"
    draw_run(args.exp_dir).savefig(out, dpi=110)
    print(f"picture: {out}")


if __name__ == "__main__":
    main()
