"""Follow-up questions completed from the conversation, without a language model."""

from qa.conversation.follow_up import standalone

__all__ = ["standalone"]
