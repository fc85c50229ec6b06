"""What is asked at Greenlit for somebody in Slack, and how the answer looks there."""
