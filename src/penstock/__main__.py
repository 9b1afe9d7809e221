"""`python -m penstock` is `penstock`."""


def main() -> None:
    """Run a command; Ctrl-C is no error of ours even while the command's parts are still loaded."""
    try:
        from penstock.cli import main as run

        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
