"""Queues as SQS keeps them: at least once, in any order."""

import random
from dataclasses import dataclass, field
from typing import Any

MAX_RECEIVES = 5
VISIBILITY = 60.0


@dataclass
class Message:
    body: Any
    visible_at: float = 0.0
    receives: int = 0


@dataclass
class Queue:
    """SQS: at least once, in any order; what fails comes again, and ends among the dead letters."""

    rng: random.Random
    messages: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)

    def put(self, body: Any, delay: float = 0.0) -> None:
        self.messages.append(Message(body, visible_at=delay))

    def receive(self, now: float) -> Message | None:
        visible = [one for one in self.messages if one.visible_at <= now]
        if not visible:
            return None
        message = self.rng.choice(visible)
        message.receives += 1
        message.visible_at = now + VISIBILITY
        return message

    def delete(self, message: Message) -> None:
        if message in self.messages:
            self.messages.remove(message)

    def fail(self, message: Message) -> None:
        if message.receives >= MAX_RECEIVES and message in self.messages:
            self.messages.remove(message)
            self.dead.append(message)

    def redrive(self) -> None:
        self.messages += [Message(one.body) for one in self.dead]
        self.dead.clear()
