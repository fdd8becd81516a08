"""Verbs of letters."""

from .batches import pdf_of, settle_batch, take_batch
from .paper import change_paper, paper_of

__all__ = ["change_paper", "paper_of", "pdf_of", "settle_batch", "take_batch"]
