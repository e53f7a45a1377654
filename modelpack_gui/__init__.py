"""Take a PyTorch model class and a checkpoint to a deployable artifact that is proved right and measured fast."""

__version__ = "0.1.0"
