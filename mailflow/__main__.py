"""``python -m mailflow``."""

from mailflow.cli.main import main

main()
