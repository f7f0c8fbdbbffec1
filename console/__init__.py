"""The screens of agents, officials and supervisors."""
