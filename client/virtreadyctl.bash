# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completes the command line of virtreadyctl; the ids come from the daemon, if it answers at once.

# Prints the ids in the sections SECTION ("checks", "devices", "hypervisors" or "profiles") of the document, asked for with the other arguments.
_virtreadyctl_ids() {
    local section=$1
    shift

    # The document is printed with one member per line; ids are the keys on the second level.
    timeout 2 virtreadyctl "$@" --json status 2>/dev/null |
        sed -En "/^  \"($section)\":/,/^  }/s/^    \"([a-z0-9_.:]*)\":.*/\1/p"
}

# Completes WORD with one of WORDS, both of which have colons: what Bash takes for the word is but CURRENT, its end.
_virtreadyctl_with_colons() {
    local word=$1 current=$2 words=$3

    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    COMPREPLY=("${COMPREPLY[@]#"${word%"$current"}"}")
}

# Completes a path; -d only directories, -f also files.
_virtreadyctl_paths() {
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
    compopt -o filenames 2>/dev/null
    return 0
}

# The options of fit alone.
_virtreadyctl_fit='--vcpus= --memory= --disk= --count= --preset= --cpu-ratio= --memory-ratio= --disk-ratio= --reserve-cpus= --reserve-memory= --huge-pages= --storage='

# Prints the options that mean something to VERB; without one, to any.
_virtreadyctl_options() {
    case $1 in
        '') echo "--help --version --json --profile= --bus= --root= --sosreport= --timeout= --no-ask-password --refresh $_virtreadyctl_fit" ;;
        wait) echo '--help --version --json --profile= --bus= --timeout=' ;;
        load | persist | unpersist) echo '--help --version --json --bus= --no-ask-password' ;;
        check | access | device | host) echo '--help --version --json --bus=' ;;
        hypervisor) echo '--help --version --json --bus= --refresh' ;;
        analyze) echo '--help --version --json --profile= --root= --sosreport=' ;;
        fit) echo "--help --version --json --profile= --bus= $_virtreadyctl_fit" ;;
        *) echo '--help --version --json --profile= --bus=' ;;
    esac
}

# What load, persist and unpersist take (daemon/modprobe/protocol.c).
_virtreadyctl_modules='fuse kvm kvm_amd kvm_hv kvm_intel kvm_pr tun vfio_iommu_type1 vfio_pci vhost_net vhost_vsock'

_virtreadyctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} words='' word verb='' operands=0 i
    local line bus=()
    local free='bus|timeout|vcpus|memory|disk|count|cpu-ratio|memory-ratio|disk-ratio|reserve-cpus|reserve-memory'

    # Bash breaks words at "=" and ":" too, which addresses are full of; these are broken at blanks alone.
    read -ra line <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && line+=('')
    [[ $cur == [=:] ]] && cur=''

    # All but the last: that one is being completed.
    for ((i = 1; i < ${#line[@]} - 1; i++)); do
        word=${line[i]}
        case $word in
            --bus | --profile | --root | --sosreport | --timeout | --vcpus | --memory | --disk | --count | --preset | \
                --cpu-ratio | --memory-ratio | --disk-ratio | --reserve-cpus | --reserve-memory | --huge-pages | --storage)
                ((++i < ${#line[@]} - 1)) && [[ $word == '--bus' ]] && bus=("--bus=${line[i]}")
                ;;
            --bus=*) bus=("$word") ;;
            -*) ;;
            *) [[ $verb ]] && ((++operands)) || verb=$word ;;
        esac
    done

    if [[ ${line[-1]} == --profile=* || ${line[-2]} == '--profile' ]]; then
        words=$(_virtreadyctl_ids profiles "${bus[@]}")
    elif [[ ${line[-1]} == --preset=* || ${line[-2]} == '--preset' ]]; then
        words='none nova kubevirt'
    elif [[ ${line[-1]} == --huge-pages=* || ${line[-2]} == '--huge-pages' ]]; then
        words='2M 1G'
    elif [[ ${line[-1]} == --@($free)=* || ${line[-2]} == --@($free) ]]; then
        words=''
    elif [[ ${line[-1]} == --storage=* || ${line[-2]} == '--storage' ]]; then
        _virtreadyctl_paths -d "$cur"
        return 0
    elif [[ ${line[-1]} == --root=* || ${line[-2]} == '--root' ]]; then
        _virtreadyctl_paths -d "$cur"
        return 0
    elif [[ ${line[-1]} == --sosreport=* || ${line[-2]} == '--sosreport' ]]; then
        _virtreadyctl_paths -f "$cur"
        return 0
    elif [[ ${line[-1]} == -* ]]; then
        words=$(_virtreadyctl_options "$verb")
    else
        case $verb in
            '') words='status why check access device host hypervisor fit monitor wait load persist unpersist analyze' ;;
            why) ((operands == 0)) && words=$(_virtreadyctl_ids 'checks|profiles' "${bus[@]}") ;;
            check) words=$(_virtreadyctl_ids checks "${bus[@]}") ;;
            hypervisor) words=$(_virtreadyctl_ids hypervisors "${bus[@]}") ;;
            load | persist | unpersist) ((operands == 0)) && words=$_virtreadyctl_modules ;;
            device)
                _virtreadyctl_with_colons "${line[-1]}" "$cur" "$(_virtreadyctl_ids devices "${bus[@]}")"
                return 0
                ;;
        esac
    fi

    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _virtreadyctl virtreadyctl
