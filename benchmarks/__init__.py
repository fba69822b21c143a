"""How fast Pellucid is beside other libraries, on one machine and in one run: `python -m benchmarks.run`."""
