"""CoVoST 2: translations of Common Voice 4.0, from 21 languages into English and from English into 15."""
