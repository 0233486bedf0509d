"""What a person can mend before anything is measured."""


class CannotMeasureError(ValueError):
    """The SAE, the activations and the task do not fit together; the message is one sentence with the remedy."""
