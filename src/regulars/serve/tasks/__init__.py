"""What a person has to do for a customer, and by when: Task. Journeys write them; people do them or put them off."""
