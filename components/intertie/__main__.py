"""`python -m intertie` is `intertie`."""

from intertie.cli.app import main

if __name__ == "__main__":
    main()
