"""Every error of the package, grouped by what the engine does next.

    DynamicsXeroError
      RetryableError       the same work again, after retry_after_s
        ThrottledError       a limit is spent, ours or the remote's
          TooLateError         the call's turn came late; it did not leave
        UnavailableError     the remote did not take the call
        LostAnswerError      the call left, no answer came: the outcome is unknown
        LockedError          another worker holds the lane
        CursorExpiredError   the remote no longer knows the feed's bookmark: read whole
      RecordError          this record fails with a remark; the run goes on
        MappingError         a value cannot be carried to the other side
        RejectedError        the remote refused the record, or a plug-in did
        ConflictError        two people, or two rules, want different things
      FatalError           the run stops and someone is told
        SignInError          the remote does not accept our credentials or scopes
        MissingColumnError   a column, table or change tracking is not provisioned
        WrongEndpointError   the remote is not the one this connection was made for
      SettingsError        the settings cannot be used; stands apart from every retry

RetryableError, RecordError and FatalError are never raised themselves.
"""

from __future__ import annotations

from collections.abc import Sequence


class DynamicsXeroError(Exception):
    """Carry what a log line and a remark need to know about a failure."""

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        facts = [
            f"{name} {value}"
            for name, value in (
                ("HTTP", self.status),
                ("code", self.code),
                ("request", self.request_id),
            )
            if value
        ]
        return f"{self.message} ({', '.join(facts)})" if facts else self.message


class RetryableError(DynamicsXeroError):
    """The same work can be done again later."""


class ThrottledError(RetryableError):
    """A limit is spent; retry_after_s says how long it stays so."""


class TooLateError(ThrottledError):
    """A call's turn came when it was too late for it: it did not leave, and nothing was spent."""


class UnavailableError(RetryableError):
    """The remote did not take the call: nothing was written."""


class LostAnswerError(RetryableError):
    """The call left and no answer came: it may or may not have been carried out."""


class LockedError(RetryableError):
    """Another worker holds the lane."""


class CursorExpiredError(RetryableError):
    """The remote no longer knows the feed's bookmark; the resource is read whole again."""


class RecordError(DynamicsXeroError):
    """One record fails; the others go on."""


class MappingError(RecordError):
    """One or more values of a record cannot be carried; all of them are named at once."""

    def __init__(self, problems: Sequence[str] | str, **facts: object) -> None:
        texts = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__(" ".join(texts), **facts)  # type: ignore[arg-type]  # facts are passed on
        self.problems = texts


class RejectedError(RecordError):
    """The remote, or a plug-in, refused this record."""


class ConflictError(RecordError):
    """A person has to decide."""


class FatalError(DynamicsXeroError):
    """The run stops; somebody has to act first."""


class SignInError(FatalError):
    """The remote does not accept our credentials, scopes or privileges."""


class MissingColumnError(FatalError):
    """A column, table or change tracking is missing; `dynamics-xero provision apply` adds it."""


class WrongEndpointError(FatalError):
    """The remote is another organisation or environment than the one pinned at first sign-in."""


class SettingsError(DynamicsXeroError):
    """The settings cannot be used; every fault is listed, each with its field and the fix."""

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


def remark(error: DynamicsXeroError) -> str:
    """Return one plain sentence for a salesperson: what is wrong and what to do, no ids.

    The text of a RecordError is written for people where it is raised; the others say who acts.
    """
    if isinstance(error, RecordError):
        return error.message
    if isinstance(error, ThrottledError):
        return "Waiting: the calls allowed by the other system are used up. It goes on by itself."
    if isinstance(error, RetryableError):
        return "Waiting: the other system did not answer. It goes on by itself."
    return "Stopped: the connection needs attention. Please tell your administrator."
