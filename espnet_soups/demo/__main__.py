"""``python -m espnet_soups.demo``, which is ``soups demo``."""

from espnet_soups.demo import main

if __name__ == "__main__":
    main()
