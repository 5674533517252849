"""The command `quantriet`: Django's command line with the product's settings."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantriet.config.settings")
    from django.core.management import execute_from_command_line  # after the settings are named

    execute_from_command_line(["quantriet", *sys.argv[1:]])


if __name__ == "__main__":
    main()
