-- Parts of deliveries: PostgreSQL only, see there. Step for step with it.
CREATE TABLE delivery_parts (
  from_push  BIGINT PRIMARY KEY,
  until_push BIGINT NOT NULL,
  closed_at  BIGINT NOT NULL DEFAULT 0
);
