"""Where a call goes: the controller at Asterisk's manager interface (AMI)."""
