"""The compiled engine: it knows arrays, operations and kernels, never layers. docs/engine.md tells how it works."""
