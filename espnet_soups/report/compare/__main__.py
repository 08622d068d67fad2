"""``python -m espnet_soups.report.compare``, which is ``soups compare``."""

from espnet_soups.report.compare import main

if __name__ == "__main__":
    main()
