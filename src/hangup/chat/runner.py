"""Runs agents: begins, streams, stops and times them, and keeps what they answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time

from hangup.bridge import (
    AgentCompleted,
    AgentError,
    AgentStarted,
    AgentStopped,
    Arrived,
    Bridge,
    DeclinedError,
    LogUnavailableError,
    Partial,
    Run,
    RunExistsError,
    TooManyRunsError,
)
from hangup.bridge.log import LogError
from hangup.chat.agent import Agent
from hangup.chat.context import Cancellation, Context
from hangup.chat.conversations import (
    Asked,
    Conversations,
    Message,
    Question,
    State,
    UnknownThreadError,
)
from hangup.chat.words import Accepted, StopAgent, Stopping, UserMessage

REMEMBERED = 40
"""Messages of a thread that an agent is given."""
MOST_ANSWER = 16 * 1024
"""Bytes of an answer that are told once more when it is complete; its pieces hold all of it."""
LOOK = 0.2
"""Seconds between two looks at which runs another process was asked to stop."""

logger = logging.getLogger("hangup.chat")


class Runner:
    """Answers the questions of users with one agent, each in a run of its own."""

    def __init__(self, conversations: Conversations, agent: Agent, *, longest: float) -> None:
        self._conversations, self._agent, self._longest = conversations, agent, longest
        self._running: dict[tuple[str, str], Cancellation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self.bridge: Bridge

    async def asked(self, arrived: Arrived) -> None:
        """Begin to answer a question."""
        message: UserMessage = arrived.message
        request = message.request or f"q-{secrets.token_hex(8)}"
        question = Question(arrived.user, message.text, request, message.thread)
        run_id = f"r-{secrets.token_hex(8)}"
        try:
            asked = await self._conversations.ask(question, run_id, time.time())
        except UnknownThreadError:
            raise DeclinedError("unknown_thread", "you have no such thread") from None
        if not asked.answered:
            await self._begin(asked, question, arrived.session)
        told = Accepted(request=request, thread=asked.thread, run=asked.run, again=not asked.new)
        await arrived.tell(told)

    async def stop(self, arrived: Arrived) -> None:
        """End runs of the user, whichever process they run in."""
        message: StopAgent = arrived.message
        runs = await self.bridge.log.open_runs(arrived.user)
        wanted = tuple(run for run in runs if message.run in ("", run))
        if not wanted:
            raise DeclinedError("not_running", "no such run goes on")
        elsewhere = [run for run in wanted if not self._ask_stop(arrived.user, run)]
        if elsewhere:
            await self._conversations.ask_stop(arrived.user, elsewhere)
        await arrived.tell(Stopping(wanted))

    async def adopt(self, run: Run) -> None:
        """End a run whose process has died, and say so in its thread."""
        lost = "the process that ran the agent has died"
        await run.publish(AgentError(code="lost", message=lost))
        await self._keep(run, "", "failed")

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = [*self._tasks, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5.0)

    async def _begin(self, asked: Asked, question: Question, session: str) -> None:
        try:
            run = await self.bridge.run(question.user, asked.run)
        except RunExistsError:
            return  # said again, and answered already or elsewhere
        except TooManyRunsError:
            await self._conversations.take_back(question.user, asked.run)
            most = self.bridge.limits.runs_of_user
            raise DeclinedError("too_many_runs", f"{most} runs go on already") from None
        context = Context(
            user=question.user,
            thread=asked.thread,
            run=asked.run,
            request=question.request,
            connection=session,
            deadline=time.time() + self._longest,
            cancellation=Cancellation(),
        )
        self._running[context.user, context.run] = context.cancellation
        task = asyncio.ensure_future(self._run(run, context))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())

    async def _run(self, run: Run, context: Context) -> None:
        said: list[str] = []
        state: State = "failed"
        try:
            async with run:
                state = await self._answer(run, context, said)
        except Exception as error:  # noqa: BLE001 - the run has told its user, and logged it
            logger.debug("run %s ended by %s", run.id, type(error).__name__)
        finally:
            self._running.pop((context.user, context.run), None)
            await self._keep(run, "".join(said), state)

    async def _answer(self, run: Run, context: Context, said: list[str]) -> State:
        streaming = asyncio.ensure_future(self._stream(run, context, said))
        stopping = asyncio.ensure_future(context.cancellation.wait())
        try:
            await asyncio.wait(
                (streaming, stopping),
                timeout=context.remaining,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if streaming.done():
                streaming.result()
                return "completed"
        finally:
            streaming.cancel()
            stopping.cancel()
            await asyncio.wait((streaming, stopping))
        if streaming.done() and not streaming.cancelled() and run.ended:
            return "completed"  # it was done in the very moment
        if context.cancellation.asked:
            await run.publish(AgentStopped())
            return "stopped"
        limit = f"the agent took longer than {self._longest:g} s"
        await run.publish(AgentError(code="deadline", message=limit))
        return "failed"

    async def _stream(self, run: Run, context: Context, said: list[str]) -> None:
        await run.publish(AgentStarted(agent=self._agent.name, request=context.request))
        history = await self._history(context)
        async with contextlib.aclosing(self._agent.answer(context, history)) as events:
            async for event in events:
                await run.publish(event)
                if isinstance(event, Partial):
                    said.append(event.text)
        answer = "".join(said)
        fits = len(answer.encode()) <= MOST_ANSWER
        await run.publish(AgentCompleted(answer=answer if fits else None))

    async def _history(self, context: Context) -> list[Message]:
        """Give the thread up to this run's question; others may have been asked since."""
        found = await self._conversations.latest(context.user, context.thread, REMEMBERED)
        own = [at for at, each in enumerate(found) if each.run == context.run]
        return found[: own[0] + 1] if own else found

    async def _keep(self, run: Run, text: str, state: State) -> None:
        try:
            await self._conversations.answer(run.user, run.id, text, state, time.time())
        except LogError as error:  # the user has had it; the thread lacks it
            logger.error("the answer of run %s could not be kept: %s", run.id, error)

    def _ask_stop(self, user: str, run: str) -> bool:
        cancellation = self._running.get((user, run))
        if cancellation is not None:
            cancellation.ask()
        return cancellation is not None

    async def _look(self) -> None:
        while self._running:
            await asyncio.sleep(LOOK)
            runs = {run: user for user, run in self._running}
            try:
                for run in await self._conversations.stops(runs) if runs else ():
                    self._ask_stop(runs[run], run)
            except LogUnavailableError:
                continue
