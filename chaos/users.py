"""A simulated user: random commands through the HTTP door, one at a time, each repeated until it is acknowledged.

An attempt that was given up may still be done later, by a gateway that was frozen meanwhile. So every command carries
what makes that harmless: an idempotency key, or the version that it changes.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from chaos.client import Answer, PatientClient
from chaos.known import Account, Known

TASK = "id title status version deletedAt isRecurring dueDate"
ERRORS = "errors { code message path }"
_LOOK = f"query($id: ID!) {{ task(id: $id) {{ {TASK} }} }}"
_OPEN = f"query {{ tasks(first: 50, filter: {{ status: {{ eq: OPEN }} }}) {{ nodes {{ {TASK} }} }} }}"
_MOST_TASKS = 60
_PASSWORD = "a password of the chaos rig"  # noqa: S105 - of users that live for minutes


def _mutation(name: str, type_name: str, fields: str) -> str:
    return f"mutation($input: {type_name}!) {{ {name}(input: $input) {{ {fields} {ERRORS} }} }}"


_ON_TASK = {
    name: _mutation(name, "TaskRef", f"task {{ {TASK} }}")
    for name in ("completeTask", "reopenTask", "skipTask", "deleteTask", "restoreTask")
}
_CREATE = _mutation("createTask", "CreateTaskInput", f"task {{ {TASK} }}")
_UPDATE = _mutation("updateTask", "UpdateTaskInput", f"task {{ {TASK} }}")
_REMIND = _mutation("addReminder", "AddReminderInput", "reminder { id remindAt task { version } }")
_SNOOZE = _mutation("snoozeReminder", "SnoozeReminderInput", "reminder { id remindAt }")
_COMPLETE_ALL = f"mutation($ids: [ID!]!) {{ completeTasks(ids: $ids) {{ tasks {{ {TASK} }} {ERRORS} }} }}"
_SIGN_UP = _mutation("signUp", "SignUpInput", "token user { id }")
_SIGN_IN = _mutation("signIn", "SignInInput", "token user { id }")


class SimulatedUser:
    def __init__(self, number: int, seed: int, gateways: Sequence[str], http: httpx.AsyncClient) -> None:
        self._rng = random.Random(f"{seed}/{number}")  # noqa: S311 - reproducible, not secret
        self._client = PatientClient(gateways, self._rng, http)
        self._made = 0
        self.account = Account(f"user{number}")
        self._commands: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (6, self._create_plain),
            (7, self._create_due),
            (4, self._create_recurring),
            (4, self._create_and_remind),
            (6, self._rename),
            (8, self._complete),
            (4, self._reopen),
            (3, self._skip),
            (3, self._delete),
            (3, self._restore),
            (3, self._adopt),
            (2, self._snooze),
            (1, self._complete_all),
        ]

    async def live(self, until: asyncio.Event, *, pause: tuple[float, float]) -> None:
        """Signs up and sends commands until told to end; a command that is begun is brought to its acknowledgement."""
        await self._sign_up()
        weights = [weight for weight, _ in self._commands]
        while not until.is_set():
            command = self._rng.choices([each for _, each in self._commands], weights)[0]
            await command()
            await asyncio.sleep(self._rng.uniform(*pause))
        self.account.retried = self._client.attempts - self.account.acknowledged - self.account.refused

    async def _sign_up(self) -> None:
        name = f"{self.account.name}.{self._rng.randrange(10**9)}"
        given = {"email": f"{name}@example.com", "password": _PASSWORD}
        answer = await self._client.call(_SIGN_UP, {"input": {**given, "name": name, "timeZone": "Europe/Berlin"}})
        if "ALREADY_EXISTS" in answer.codes:
            answer = await self._client.call(_SIGN_IN, {"input": given})
        self._client.token = answer.payload["token"]
        self.account.user_id = int(answer.payload["user"]["id"])

    # New tasks.

    async def _create(self, *, left_alone: bool = False, minutes: tuple[int, ...] = (), **given: object) -> Known:
        self._made += 1
        title = f"{self.account.name} task {self._made}"
        key = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        answer = await self._client.call(_CREATE, {"input": {"title": title, "idempotencyKey": key, **given}})
        self._acknowledge(answer, "createTask")
        task = answer.payload["task"]
        known = Known(task["id"], title, is_recurring=task["isRecurring"], is_left_alone=left_alone, minutes=minutes)
        known.due = datetime.fromisoformat(task["dueDate"]) if task["dueDate"] else None
        self._expect(known, task, version=1)
        self.account.tasks[known.id] = known
        return known

    async def _create_plain(self) -> None:
        await self._create(tagNames=self._rng.sample(["home", "work", "chaos"], self._rng.randrange(3)))

    async def _create_due(self) -> None:
        """One that is reminded of at its due date; half of them are left alone."""
        left_alone = self._rng.random() < 0.5  # noqa: PLR2004 - half
        await self._create(dueDate=self._soon(), reminderMinutes=[0], minutes=(0,), left_alone=left_alone)

    async def _create_recurring(self) -> None:
        rule = self._rng.choice(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=MONTHLY;BYMONTHDAY=-1"])
        await self._create(dueDate=self._soon(), recurrence={"rule": rule}, tagNames=["series"])

    async def _create_and_remind(self) -> None:
        known = await self._create()
        key = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        given = {"taskId": known.id, "at": self._soon(), "idempotencyKey": key}
        answer = await self._client.call(_REMIND, {"input": given})
        self._acknowledge(answer, "addReminder", refusals=("INVALID",))
        if (reminder := answer.payload["reminder"]) is not None:
            known.version += 1
            known.reminders[reminder["id"]] = datetime.fromisoformat(reminder["remindAt"])
            if reminder["task"]["version"] != known.version:
                self._wrong(f"task {known.id} is at {reminder['task']['version']} after addReminder")
            known.is_left_alone = self._rng.random() < 0.5  # noqa: PLR2004 - half

    # Changes.

    async def _rename(self) -> None:
        known = self._any(is_deleted=False)
        if known is not None:
            self._made += 1
            title = f"{self.account.name} renamed {self._made}"
            await self._change(known, _UPDATE, "updateTask", {"title": title}, title=title)

    async def _complete(self) -> None:
        await self._on_task("completeTask", self._any(is_deleted=False, status=("OPEN",)), status="COMPLETED")

    async def _reopen(self) -> None:
        await self._on_task("reopenTask", self._any(is_deleted=False, status=("COMPLETED", "SKIPPED")), status="OPEN")

    async def _skip(self) -> None:
        known = self._any(is_deleted=False, status=("OPEN",), is_recurring=True)
        await self._on_task("skipTask", known, status="SKIPPED")

    async def _delete(self) -> None:
        await self._on_task("deleteTask", self._any(is_deleted=False), is_deleted=True)

    async def _restore(self) -> None:
        await self._on_task("restoreTask", self._any(is_deleted=True), is_deleted=False)

    async def _on_task(self, name: str, known: Known | None, **after: object) -> None:
        if known is not None:
            await self._change(known, _ON_TASK[name], name, {}, **after)

    async def _change(self, known: Known, document: str, name: str, given: dict[str, object], **after: object) -> None:
        """Sends a change that raises the version by one, and checks that it did so once."""
        reference = {"id": known.id, "expectedVersion": known.version}
        answer = await self._client.call(document, {"input": {**reference, **given}})
        # A second attempt finds the version already raised by the first, whose answer was lost.
        self._acknowledge(answer, name, refusals=("CONFLICT",) if answer.uncertain else ())
        task = answer.payload["task"] or await self._look(known.id)
        for field, value in after.items():
            setattr(known, field, value)
        known.version += 1
        self._expect(known, task, version=known.version)

    async def _snooze(self) -> None:
        """Nothing makes a late second attempt harmless here: the task is left alone and loose from now on."""
        candidates = [each for each in self._touchable() if each.reminders and each.status == "OPEN"]
        candidates = [each for each in candidates if not each.is_deleted]
        if not candidates:
            return
        known = self._rng.choice(candidates)
        known.is_loose = known.is_left_alone = True
        reminder = self._rng.choice(sorted(known.reminders))
        del known.reminders[reminder]
        answer = await self._client.call(_SNOOZE, {"input": {"id": reminder, "until": self._soon()}})
        self._acknowledge(answer, "snoozeReminder", refusals=("INVALID",))
        known.version += "INVALID" not in answer.codes

    async def _complete_all(self) -> None:
        """Up to five at once, left alone afterwards: a late second attempt then changes nothing."""
        candidates = [each for each in self._touchable() if each.status == "OPEN" and not each.is_deleted]
        chosen = self._rng.sample(candidates, min(5, len(candidates)))
        if not chosen:
            return
        answer = await self._client.call(_COMPLETE_ALL, {"ids": [each.id for each in chosen]})
        self._acknowledge(answer, "completeTasks")
        found = {task["id"]: task for task in answer.payload["tasks"]}
        for known in chosen:
            known.status, known.version, known.is_left_alone = "COMPLETED", known.version + 1, True
            self._expect(known, found[known.id], version=known.version)

    async def _adopt(self) -> None:
        """Takes a successor that the recurrence worker made for one's own, by renaming it."""
        answer = await self._client.call(_OPEN, {})
        unknown = [task for task in answer.payload["nodes"] if task["id"] not in self.account.tasks]
        if not unknown or len(self.account.tasks) >= _MOST_TASKS:
            return
        task = self._rng.choice(unknown)
        known = Known(task["id"], task["title"], is_recurring=task["isRecurring"], version=task["version"])
        self.account.tasks[known.id] = known
        self._made += 1
        title = f"{self.account.name} adopted {self._made}"
        await self._change(known, _UPDATE, "updateTask", {"title": title}, title=title)

    # What the answers have to say.

    async def _look(self, task_id: str) -> dict[str, object]:
        return (await self._client.call(_LOOK, {"id": task_id})).payload

    def _acknowledge(self, answer: Answer, name: str, *, refusals: Sequence[str] = ()) -> None:
        if not answer.codes:
            self.account.acknowledged += 1
            return
        self.account.refused += 1
        if not {*answer.codes} <= {*refusals}:
            self._wrong(f"{name} was refused after {answer.uncertain} uncertain attempts: {answer.payload['errors']}")

    def _expect(self, known: Known, task: dict[str, object] | None, *, version: int) -> None:
        seen = task and (task["title"], task["status"], task["deletedAt"] is not None, task["version"])
        wanted = (known.title, known.status, known.is_deleted, version)
        if seen != wanted:
            self._wrong(f"task {known.id} is {seen} after its command, not {wanted}")

    def _wrong(self, what: str) -> None:
        self.account.wrong.append(f"{self.account.name}: {what}")

    # What to choose from.

    def _touchable(self) -> list[Known]:
        return [each for each in self.account.tasks.values() if not each.is_left_alone]

    def _any(
        self, *, is_deleted: bool, status: Sequence[str] | None = None, is_recurring: bool | None = None
    ) -> Known | None:
        candidates = [
            each
            for each in self._touchable()
            if each.is_deleted == is_deleted
            and (status is None or each.status in status)
            and (is_recurring is None or each.is_recurring == is_recurring)
        ]
        return self._rng.choice(candidates) if candidates else None

    def _soon(self) -> str:
        at = datetime.now(UTC) + timedelta(seconds=self._rng.uniform(2, 25))
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
