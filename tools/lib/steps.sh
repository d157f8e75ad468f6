# For scripts that go through steps: each is named as it begins, and a table of minutes and results stands at the end, also where
# one fails. Needs a script that ends by `set -e` or `exit`.
steps=() step_name=

# end_step RESULT: of the step under way, if there is one.
end_step() {
    [ -z "$step_name" ] ||
        steps+=("$(awk -v s=$((SECONDS - step_began)) -v what="$1  $step_name" 'BEGIN { printf "%6.1f min  %s", s / 60, what }')")
    step_name=
}

step() {
    end_step PASS
    step_name=$* step_began=$SECONDS
    printf '\n== %s\n' "$*"
}

table() {
    if [ $? -eq 0 ]; then end_step PASS; else end_step FAIL; fi
    printf '\n'
    printf '%s\n' "${steps[@]}"
    awk -v s=$SECONDS 'BEGIN { printf "%6.1f min  in all\n", s / 60 }'
}
trap table EXIT
