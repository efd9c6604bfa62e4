"""placeholder"""


def relation(a, b, sizes={}, *, rtol, atol):
    return ""


def of_shapes(a, b):
    return ""


def of_dtypes(a, b):
    return ""
