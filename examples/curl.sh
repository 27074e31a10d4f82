#!/bin/sh
# A streamed reply with curl. -N prints each chunk as it comes, and --fail-with-body makes a refusal an error.
#
#   examples/curl.sh "What's 1+1?"
set -eu

url=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
key="Authorization: Bearer ${OPENAI_API_KEY:-none}"
model=${OPENAI_MODEL:-$(curl -sS --fail-with-body -H "$key" "$url/models" | tr -d '\n' |
    sed 's/.*"data": *\[ *{[^}]*"id": *"\([^"]*\)".*/\1/')}
question=$(printf '%s' "${1:-What is 1+1?}" | awk '{
    gsub(/[\\"]/, "\\\\&"); gsub(/\t/, "\\t"); gsub(/\r/, "\\r"); printf "%s%s", end, $0; end = "\\n"
}')

curl -sS -N --fail-with-body "$url/chat/completions" \
    -H "$key" \
    -H 'Content-Type: application/json' \
    -d '{
          "model": "'"$model"'",
          "messages": [{"role": "user", "content": "'"$question"'"}],
          "stream": true,
          "stream_options": {"include_usage": true}
        }'
