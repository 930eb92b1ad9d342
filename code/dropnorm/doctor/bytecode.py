"""Whether a line of the model's code throws away what it got, told from its bytecode."""

import dis
from types import CodeType


def is_discarded(code: CodeType, at: int) -> bool:
    """Whether a call's result is dropped at once, or kept under a name that nothing reads."""
    steps = list(dis.get_instructions(code))
    place = max(i for i, step in enumerate(steps) if step.offset <= at)
    place += steps[place].opname == "PRECALL"  # Python 3.11: the call is the next one
    store = steps[place + 1]
    if store.opname != "STORE_FAST":
        return store.opname == "POP_TOP"
    for step in steps[place + 2 :]:
        if "FAST" in step.opname and store.argval in _names(step):
            return step.opname == "STORE_FAST" and step.argval == store.argval
    loop = any(step.opname.startswith("JUMP_BACKWARD") for step in steps[place:])
    loads = [step for step in steps if step.opname.startswith("LOAD_FAST")]
    return not (loop and any(store.argval in _names(step) for step in loads))


def _names(step: dis.Instruction) -> tuple[object, ...]:
    return step.argval if isinstance(step.argval, tuple) else (step.argval,)
