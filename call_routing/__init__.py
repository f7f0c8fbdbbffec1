"""Where a call goes, and what is live: AMI controller, live calls, callbacks being dialled."""
