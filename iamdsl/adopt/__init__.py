"""What people have, read: accounts, Terraform, CloudFormation and pasted text, and the programs that say the same."""
