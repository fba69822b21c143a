"""Keras's `keras.ops.linalg`: the ops of linear algebra, by the names that they have in `ops`, too."""

from .elsewhere import found_in_ops

__all__ = """
    cholesky cholesky_inverse det eig eigh inv lstsq matrix_rank norm pinv qr solve solve_triangular svd
""".split()  # noqa: SIM905

__getattr__ = found_in_ops("pellucid.ops.linalg", __all__)
