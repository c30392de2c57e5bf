"""Helps for compiled kernels: constants of the right precision, arrays on the stack, a cache never stale.

Importing this module imports numba.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array, populate_array

UNUSED_FOR = 30 * 24 * 3600.0
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "cache": True}
# kernels make no arrays that outlive them, so no references need counting (`_nrt`)
INLINE: dict[str, Any] = {"error_model": "numpy", "nogil": True, "forceinline": True, "_nrt": False}
SWEEP: dict[str, Any] = {"error_model": "numpy", "nogil": True, "inline": "always", "_nrt": False}


def cache_by_content(sources: Iterable[Path]) -> None:
    """Let numba keep its machine code in a folder named by the content of these sources.

    Numba looks only at the file of the compiled function itself, not at those it calls. A folder that was
    chosen by `NUMBA_CACHE_DIR` stays. Folders that nobody used for a month are removed.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    digest = hashlib.sha256()
    for each in [Path(__file__), *sorted(sources)]:
        digest.update(each.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stadtkern" / "numba"
    folder = base / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        for old in base.iterdir():
            if time.time() - old.stat().st_mtime > UNUSED_FOR:
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return  # numba finds a place of its own
    numba.config.CACHE_DIR = str(folder)


def real(constant: float, like: Any) -> Any:  # noqa: ANN401  # any real scalar or array
    """Return a constant in the precision of `like`, so that it does not widen what it meets."""
    return np.asarray(like).dtype.type(constant)


@overload(real, target="generic", inline="always")
def _real(constant: Any, like: Any) -> Any:  # noqa: ANN401, ARG001  # numba's types
    kind = like.dtype if isinstance(like, types.Array) else like

    def single(constant: Any, like: Any) -> Any:  # noqa: ANN401, ARG001
        return np.float32(constant)

    def double(constant: Any, like: Any) -> Any:  # noqa: ANN401, ARG001
        return np.float64(constant)

    return single if kind == types.float32 else double


@intrinsic(prefer_literal=True)
def stack(typingctx: Any, like: Any, length: Any) -> Any:  # noqa: ANN401, ARG001  # numba's protocol
    """Return an array of `length` (a literal) items of the type of `like` on the stack.

    It ends with the function it was made in, which therefore must not return it.
    """
    if not isinstance(length, types.IntegerLiteral):
        return None
    item, count = like.dtype, length.literal_value
    array = types.Array(item, 1, "C")

    def code(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:  # noqa: ANN401
        kind = context.get_data_type(item)
        place = cgutils.alloca_once(builder, ir.ArrayType(kind, count))
        place.align = 64
        made = make_array(array)(context, builder)
        size = context.get_constant(types.intp, context.get_abi_sizeof(kind))
        populate_array(
            made,
            data=builder.bitcast(place, kind.as_pointer()),
            shape=(context.get_constant(types.intp, count),),
            strides=(size,),
            itemsize=size,
            meminfo=None,
        )
        return made._getvalue()  # noqa: SLF001  # numba's own way

    return array(like, length), code


@intrinsic
def bits_of(typingctx: Any, value: Any) -> Any:  # noqa: ANN401, ARG001  # numba's protocol
    """Return the bits of a float32 as int32."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), code


@intrinsic
def from_bits(typingctx: Any, value: Any) -> Any:  # noqa: ANN401, ARG001  # numba's protocol
    """Return the float32 that has these bits (int32)."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), code


@intrinsic(prefer_literal=True)
def prefetch(typingctx: Any, line: Any, at: Any, write: Any) -> Any:  # noqa: ANN401, ARG001  # numba's protocol
    """Ask memory for line[at] (one-dimensional): to read it, or with `write` 1 (a literal) to write it."""
    if not isinstance(write, types.IntegerLiteral):
        return None
    will_write = write.literal_value

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        array = make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, kind, array, [arguments[1]], wraparound=False)
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], form)
        into_first_cache, data = number(3), number(1)
        builder.call(hint, [builder.bitcast(place, byte), number(will_write), into_first_cache, data])
        return context.get_dummy_value()

    return types.none(line, types.intp, write), code
