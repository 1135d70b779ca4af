"""Sign users in, for tests of what they may do."""

PASSWORD = "하늘은 높고 말은 살찐다"
ORIGIN = {"origin": "http://127.0.0.1"}


def registered(client, email="minji@example.com"):
    """Register a user; returns the answer of signing in, and headers for it."""
    body = {"email": email, "password": PASSWORD}
    answer = client.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    tokens = client.post("/api/v1/auth/token", json=body).json()
    return tokens, {"authorization": f"Bearer {tokens['access_token']}"}


def word(answer):
    return answer.status_code, answer.json()["error"]


def only_refresh(tokens):
    return {"refresh_token": tokens["refresh_token"]}
