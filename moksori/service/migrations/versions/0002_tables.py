"""Add the tables of the service."""

from alembic import op

revision, down_revision = "0002", "0001"

SQL = """
CREATE TABLE audit (
    id VARCHAR(32) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    json JSONB,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);
CREATE INDEX ix_audit_at
    ON audit (at);
CREATE TABLE users (
    id VARCHAR(32) NOT NULL,
    email TEXT,
    password_hash TEXT,
    tier VARCHAR(16) NOT NULL,
    operator BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);
CREATE TABLE watermarks (
    token BIGINT NOT NULL,
    job_id VARCHAR(32) NOT NULL,
    profile_id VARCHAR(32),
    user_id VARCHAR(32) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    api_version TEXT NOT NULL,
    key_id TEXT NOT NULL,
    CONSTRAINT pk_watermarks PRIMARY KEY (token)
);
CREATE INDEX ix_watermarks_job_id
    ON watermarks (job_id);
CREATE TABLE api_keys (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    label TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_api_keys_user_id
    ON api_keys (user_id);
CREATE TABLE consents (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    voice_owner TEXT NOT NULL,
    owner_contact TEXT NOT NULL,
    audio_sha256 VARCHAR(64) NOT NULL,
    document_sha256 VARCHAR(64),
    statement_key TEXT,
    type VARCHAR(32) NOT NULL,
    purpose TEXT NOT NULL,
    prohibited JSONB NOT NULL,
    similarity FLOAT,
    verified_at TIMESTAMP WITH TIME ZONE,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_until TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    purged_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_consents PRIMARY KEY (id),
    CONSTRAINT fk_consents_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_consents_user_id
    ON consents (user_id);
CREATE TABLE refresh_tokens (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    family VARCHAR(32) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
    CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT uq_refresh_tokens_hash UNIQUE (hash)
);
CREATE INDEX ix_refresh_tokens_family
    ON refresh_tokens (family);
CREATE INDEX ix_refresh_tokens_user_id
    ON refresh_tokens (user_id);
CREATE TABLE usage (
    user_id VARCHAR(32) NOT NULL,
    month VARCHAR(7) NOT NULL,
    characters BIGINT NOT NULL,
    seconds FLOAT NOT NULL,
    requests BIGINT NOT NULL,
    CONSTRAINT pk_usage PRIMARY KEY (user_id, month),
    CONSTRAINT fk_usage_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE profiles (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    consent_id VARCHAR(32),
    name TEXT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    status VARCHAR(16) NOT NULL,
    samples JSONB NOT NULL,
    total_duration_seconds FLOAT NOT NULL,
    latents_key TEXT,
    fingerprint TEXT,
    similarity FLOAT,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ready_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_profiles PRIMARY KEY (id),
    CONSTRAINT fk_profiles_user_id FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT fk_profiles_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id)
);
CREATE INDEX ix_profiles_consent_id
    ON profiles (consent_id);
CREATE INDEX ix_profiles_user_id
    ON profiles (user_id);
CREATE TABLE jobs (
    id VARCHAR(32) NOT NULL,
    user_id VARCHAR(32) NOT NULL,
    profile_id VARCHAR(32),
    type VARCHAR(32) NOT NULL,
    request JSONB NOT NULL,
    text_sha256 VARCHAR(64),
    characters INTEGER NOT NULL,
    tier VARCHAR(16) NOT NULL,
    slot INTEGER NOT NULL,
    queue VARCHAR(64) NOT NULL,
    priority INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    attempt INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    worker TEXT,
    progress FLOAT NOT NULL,
    stage TEXT,
    seconds_left FLOAT,
    error TEXT,
    message TEXT,
    result JSONB,
    idempotency_key TEXT,
    request_id TEXT,
    queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_jobs PRIMARY KEY (id),
    CONSTRAINT uq_jobs_user_id_idempotency_key UNIQUE (user_id, idempotency_key),
    CONSTRAINT fk_jobs_user_id FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT fk_jobs_profile_id FOREIGN KEY(profile_id) REFERENCES profiles (id)
);
CREATE INDEX ix_jobs_active
    ON jobs (state, queued_at)
    WHERE state in ('queued', 'running', 'cancelling');
CREATE INDEX ix_jobs_expires_at
    ON jobs (expires_at);
CREATE INDEX ix_jobs_profile_id
    ON jobs (profile_id);
CREATE INDEX ix_jobs_user_id_queued_at
    ON jobs (user_id, queued_at);
CREATE TABLE artefacts (
    id VARCHAR(32) NOT NULL,
    job_id VARCHAR(32) NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    bytes BIGINT NOT NULL,
    format VARCHAR(16) NOT NULL,
    sample_rate INTEGER,
    seconds FLOAT,
    token BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_artefacts PRIMARY KEY (id),
    CONSTRAINT uq_artefacts_job_id_name UNIQUE (job_id, name),
    CONSTRAINT fk_artefacts_job_id FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT uq_artefacts_key UNIQUE (key)
);
CREATE INDEX ix_artefacts_expires_at
    ON artefacts (expires_at);
CREATE INDEX ix_artefacts_job_id
    ON artefacts (job_id);
CREATE TABLE chunks (
    job_id VARCHAR(32) NOT NULL,
    n INTEGER NOT NULL,
    data BYTEA NOT NULL,
    CONSTRAINT pk_chunks PRIMARY KEY (job_id, n),
    CONSTRAINT fk_chunks_job_id FOREIGN KEY(job_id)
        REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE events (
    job_id VARCHAR(32) NOT NULL,
    n INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    json JSONB NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (job_id, n),
    CONSTRAINT fk_events_job_id FOREIGN KEY(job_id)
        REFERENCES jobs (id) ON DELETE CASCADE
);
"""
# Who acts where there are no accounts.
LOCAL_USER = """
INSERT INTO users (id, tier, operator, created_at)
VALUES (repeat('0', 32), 'enterprise', true, now());
"""


def upgrade() -> None:
    """Create the tables and the user of a service at home."""
    op.execute(SQL)
    op.execute(LOCAL_USER)
