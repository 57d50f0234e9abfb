import "pe"
include "other.yar"

/* a comment with rule x { } in it */
private rule Helper { condition: true }

rule TidePool_Loader : loader windows
{
    meta:
        description = "Loader of \"Harbour Lynx\""
        author = "example-lab"
        date = "2024-03-02"
        reference = "https://reports.example/tidepool"
        hash1 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        tlp = "AMBER"
        mitre_att = "T1204.002"
        score = 75
    strings:
        $a = "tide.example }" nocase // not the end
        $b = { 4D 5A ?? [4-6] 90 }
        $c = /gate\.php\?id=[0-9]{1,4}\}/ wide
    condition:
        uint16(0) == 0x5A4D and (#a > 2 or any of ($b, $c)) and pe.number_of_sections / 2 == 1
}

rule Broken : x { meta: a = "b"
