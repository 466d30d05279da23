"""What has been done: attempts and events that outlive the process, in SQLite or in memory."""
