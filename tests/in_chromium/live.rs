//! What is shown is what the endpoints say.
