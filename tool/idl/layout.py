"""layout.py - where each parameter of a request or an answer travels (doc/interfaces.md, "How it travels").

Back ends for different languages must agree on this, so none of them works it out by itself.
"""

from dataclasses import dataclass, field

from model import WORDS, Handle, Loan, Run, StructRef


@dataclass
class Side:
    """One direction of a method: the places of its parameters."""
    words: list = field(default_factory=list)    # (parameter, first word)
    struct: object = None                        # Parameter of a StructRef
    runs: list = field(default_factory=list)     # Parameters of Runs, in order
    loan: object = None                          # Parameter of a Loan; its length is in words too
    handles: list = field(default_factory=list)  # Parameters of Handles, in order
    used: int = 0                                # words taken by parameters

    @property
    def copied(self):
        return self.struct is not None or bool(self.runs)

    @property
    def prefix(self):
        """Bytes before the struct or first run: the length of the first of two runs, and four of zero."""
        return 8 if len(self.runs) == 2 else 0

    @property
    def bytes_max(self):
        """The most bytes that can be copied, with a struct of this version."""
        size = self.prefix + sum(run.type.max for run in self.runs)
        return size + (self.struct.type.struct.bytes if self.struct else 0)

    @property
    def handles_min(self):
        return sum(not parameter.type.optional for parameter in self.handles)


@dataclass
class Layout:
    request: Side
    answer: Side
    room_word: int = None         # word of the request that holds the room for copied data of the answer, or None
    struct_room_word: int = None  # ... for the struct in it, where there is a run too

    @property
    def words_free(self):
        """Words of the request that parameters may take."""
        return WORDS - (self.room_word is not None) - (self.struct_room_word is not None)


def side_of(parameters):
    side = Side()
    for parameter in parameters:
        kind = parameter.type
        if isinstance(kind, StructRef):
            side.struct = side.struct or parameter
        elif isinstance(kind, Run):
            side.runs.append(parameter)
        elif isinstance(kind, Handle):
            side.handles.append(parameter)
        else:
            side.words.append((parameter, side.used))
            side.used += kind.words
            if isinstance(kind, Loan):
                side.loan = side.loan or parameter
    return side


def layout_of(method):
    """The layout of a method; an event is a method without outputs."""
    layout = Layout(side_of(method.inputs), side_of(getattr(method, "outputs", [])))
    if layout.answer.copied:
        layout.room_word = WORDS - 1
    if layout.answer.struct and layout.answer.runs:
        layout.struct_room_word = WORDS - 2
    return layout
