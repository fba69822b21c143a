"""Keras's `keras.ops.numpy`: the ops that are NumPy's, by the names that they have in `ops`, too."""

from .elsewhere import found_in_ops

__all__ = """
    abs absolute add all allclose amax amin any append arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh
    argmax argmin argsort array array_split average bincount broadcast_to cbrt ceil clip concatenate copy corrcoef
    cos cosh count_nonzero cross cumprod cumsum deg2rad diag diagflat diagonal diff digitize divide divide_no_nan
    dot dstack einsum empty empty_like equal exp exp2 expand_dims expm1 eye flip fliplr flipud floor floor_divide
    full full_like get_item greater greater_equal histogram hsplit hstack hypot identity inner isclose isfinite isin
    isinf isnan isneginf isposinf kron less less_equal linspace log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor logspace matmul max maximum mean median meshgrid min minimum mod
    moveaxis multiply nan_to_num nanmax nanmean nanmin nanprod nanstd nansum nanvar ndim negative nonzero not_equal
    ones ones_like outer pad percentile power prod ptp quantile rad2deg ravel reciprocal repeat reshape roll rot90
    round searchsorted select sign sin sinh size slogdet sort split sqrt square squeeze stack std subtract sum
    swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid tri tril triu true_divide trunc
    unique unravel_index var vdot vsplit vstack where zeros zeros_like
""".split()  # noqa: SIM905

__getattr__ = found_in_ops("pellucid.ops.numpy", __all__)
