"""``python -m espnet_soups.report.page``, which is ``soups report``."""

from espnet_soups.report.page import main

if __name__ == "__main__":
    main()
