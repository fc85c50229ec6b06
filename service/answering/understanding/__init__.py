"""What a question says, wants and leaves unsaid; and the question as the indexes see it."""
