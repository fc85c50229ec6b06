"""What staff say back: feedback on answers, documents that they ask for, and what approvers see of both."""
