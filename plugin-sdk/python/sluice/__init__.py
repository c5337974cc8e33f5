"""Stands in for the module that the gateway gives a plugin, so that a plugin can be imported and its own functions be
tested by any Python. The gateway's services are there in the gateway only; `__init__.pyi` describes them."""

import sys


class SluiceError(Exception):
    """What a host call fails with."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason


class Plugin:
    """Is what plugins extend; a callback that is not overridden is not called."""

    tick_period = 1.0


def define_plugin(**callbacks):
    """Makes a plugin of functions."""
    plugin = Plugin()
    for name, callback in callbacks.items():
        setattr(plugin, name, callback)
    return plugin


class _Log:
    def __getattr__(self, level):
        if level not in ("trace", "debug", "info", "warn", "error"):
            raise AttributeError(level)
        return lambda *values: print(level, *values, file=sys.stderr)


class _Absent:
    def __init__(self, name):
        self._name = name

    def __getattr__(self, operation):
        if operation.startswith("__"):
            raise AttributeError(operation)
        return _Absent(f"{self._name}.{operation}")

    def __call__(self, *args, **kwargs):
        # What a plugin makes at its top must not keep it from being imported.
        if self._name in ("patterns.compile", "metrics.counter", "metrics.gauge", "metrics.histogram"):
            return _Absent(self._name)
        raise SluiceError("UNAVAILABLE", f"sluice.{self._name} is there in a gateway only (try: sluice plugin test)")


log = _Log()
clock, metrics, patterns, http = map(_Absent, ("clock", "metrics", "patterns", "http"))
store, counters, vectors, embed, tokens = map(_Absent, ("store", "counters", "vectors", "embed", "tokens"))
