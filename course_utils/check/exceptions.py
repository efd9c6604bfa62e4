"""placeholder"""


def explained(error, call):
    return f"raises {type(error).__name__}: {error}"
