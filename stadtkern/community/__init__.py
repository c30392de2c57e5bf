"""What people say about data and do with them: questions, wishes, reuses, subscriptions, requests."""
