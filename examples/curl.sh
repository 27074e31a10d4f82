#!/bin/sh
# A streamed reply with curl. -N prints each chunk as it comes, and --fail makes a refusal an error.
#
#   examples/curl.sh "What's 1+1?"
set -eu

url=${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}
model=${OPENAI_MODEL:-$(curl -sS --fail "$url/models" | sed 's/.*"data":\[{"id":"\([^"]*\)".*/\1/')}

curl -sS -N --fail-with-body "$url/chat/completions" \
    -H "Authorization: Bearer ${OPENAI_API_KEY:-none}" \
    -H 'Content-Type: application/json' \
    -d '{
          "model": "'"$model"'",
          "messages": [{"role": "user", "content": "'"${1:-What is 1+1?}"'"}],
          "stream": true,
          "stream_options": {"include_usage": true}
        }'
