"""Back again: policy, request, approval, grading, refund, and who pays for the way."""
