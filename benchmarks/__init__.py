"""What Penstock costs, measured: `python -m benchmarks [name …] [--quick] [--list]`.

A benchmark is a module here with a docstring that says what it measures and a function
`measure(*, seed: int, quick: bool) -> Report`. Its figures go out as one line of JSON.
"""
