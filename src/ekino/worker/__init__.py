"""The worker: one supervised loop a follower."""
