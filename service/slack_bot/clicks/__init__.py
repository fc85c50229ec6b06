"""What people do in Slack besides asking: buttons, forms, sharing, the home tab."""
