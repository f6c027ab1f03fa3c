"""What ends a replay early.

ReplayError
├── BadTrace      the file is not a trace, or has a row that the model cannot serve
├── BadRequest    the model is not for sale, or more faults are asked for than there are requests
└── Refused       the service answered what no gateway that behaves gets
"""


class ReplayError(Exception):
    """`exit_status` is 2 where the caller asked for something that cannot be."""

    exit_status = 1


class BadTrace(ReplayError):
    exit_status = 2


class BadRequest(ReplayError):
    exit_status = 2


class Refused(ReplayError):
    pass
